"""The specialists and what is behind them."""
