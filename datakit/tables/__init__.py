"""Relations and checks: reading tables, profiling them, judging them against a contract; it knows no Git and no DVC."""
