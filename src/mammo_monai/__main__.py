"""``python -m mammo_monai`` is the ``mammo-monai`` command."""

from mammo_monai.cli import main

if __name__ == "__main__":
    main()
