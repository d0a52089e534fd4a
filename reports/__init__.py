"""What did the run show? Reads run directories only; makes HTML."""
