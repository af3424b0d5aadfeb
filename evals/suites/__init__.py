"""The guards over folders of labelled texts that others wrote."""
