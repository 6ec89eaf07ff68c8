"""Records to text: terminal lines, JSON, annotations; the one place that escapes names."""
