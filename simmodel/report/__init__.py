"""What people read of a run: summary, tables, figures, the screen."""
