"""What breaks, and that it breaks nothing else: people, the record and the service go on.

Beside these, faults of a single part are tested where the part is: broken reads and writes in
`tests/runtime/test_store.py`, odd bytes in `tests/contract/test_robustness.py`, what a client is
told in `tests/contract/test_trouble.py`.
"""
