"""The shop that is played: its sample, its made-up people, and what its storefront tells."""
