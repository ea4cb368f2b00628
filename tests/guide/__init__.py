"""What the user's guide shows, and every point it stands for, as tests."""
