"""Reading a question: typed parts of it are joined, bottom up, into the plan of the whole."""
