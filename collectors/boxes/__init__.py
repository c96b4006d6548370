"""Subscriber boxes: the embedded CWMP auto-configuration server (TR-069) and live reads through it."""
