#!/usr/bin/env bash
# Reports are judged by programs that are not ours: bring dcmtk's dsrdump and dicom3tools' dciodvfy where the system lets us, and say what is here.
set -u
source "$(dirname "$0")/programs.sh"
bring "dsrdump dciodvfy" dcmtk dicom3tools
