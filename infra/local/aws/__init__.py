"""AWS on one machine: just the calls we make, on one clock. It knows nothing of the product."""
