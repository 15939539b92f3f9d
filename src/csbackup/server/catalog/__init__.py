"""The catalog: accounts, devices, snapshots, and which chunk lies where. SQL stands here only."""
