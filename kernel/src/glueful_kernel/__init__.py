"""A microkernel that composes Litestar applications out of plugins."""
