"""What `benchmarks/delivery.py` measures: delivery while everything around it goes wrong."""
