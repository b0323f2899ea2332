"""What NVIDIA's management library tells: devices, MIG instances, and the processes on them."""
