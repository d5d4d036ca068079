"""The specialists, one file each."""
