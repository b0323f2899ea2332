"""The Faust shell: it moves records in and outputs out, exactly; the arithmetic is in the processors."""
