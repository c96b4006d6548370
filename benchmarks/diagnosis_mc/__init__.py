"""Monte Carlo over the plant: random plants broken at random, the engine judged by what is really wrong."""
