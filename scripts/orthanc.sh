#!/usr/bin/env bash
# The MONAI Label test talks to a real PACS: bring Orthanc where the system lets us, and say what is here.
set -u
source "$(dirname "$0")/programs.sh"
# RUNLEVEL=1: the packages' service is not started; the tests start an Orthanc of their own on a port of its own.
export RUNLEVEL=1 PATH="$PATH:/usr/sbin"
bring "Orthanc /usr/share/orthanc/plugins/libOrthancDicomWeb.so" orthanc orthanc-dicomweb
