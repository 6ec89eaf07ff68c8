"""What several verbs are made of: each step knows all the rooms below, and no verb."""
