"""Recorded topics fed again through the objects that ran live, to compare what comes out."""
