"""The spine: the only writer. Commands are numbered, made durable and applied here, and nowhere else."""
