"""The library: graph, plans, answers and decisions. Works without the web and without loaders."""
