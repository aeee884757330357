"""A campaign's definition as a whole: cloned, written to a file, read from one."""
