"""The e-SAV screen's own example: 22 rows of the access and 3 of the box, character for character."""

from __future__ import annotations

DELC = (
    ("Etat de la carte OLT", "OK"),
    ("Type de la carte OLT", "FTTH"),
    ("Etat du port PON", "OK"),
    ("Lien ONT-OLT", "OK"),
    ("ID ONT", "ONT-1-1-5-10-19"),
    ("Constructeur ONT", "HWTC"),
    ("N° Série configuré dans l'OLT", "HWTC0172629D (485754430172629D)"),
    ("Password ONT configuré dans l'OLT", "0848525835"),
    ("Etat provisionné", "OK"),
    ("Etat opérationnel", "OK"),
    ("Date de dernier changement d'état de l'ONT", "29/04/19 16:34:56"),
    ("Firmware actif", "HWTCA31610115"),
    ("Firmware planifié", "48:57:54:43:41:33:31:36:31:30:31:31:35:00"),
    ("Mesure taux d'erreurs Up", "0"),
    ("Mesure taux d'erreurs Down", "0"),
    ("Lien ONT-LB", "OK"),
    ("Type de négociation", "Auto"),
    ("Etat de la négociation", "Gigabit Ethernet"),
    ("Mesure OLT tx", "3.4"),
    ("Mesure OLT rx", "-20.7"),
    ("Mesure ONT tx", "2.28"),
    ("Mesure ONT rx", "-19.36"),
)
INFOS_BOX = (
    ("Etat de la box", "INACTIF"),
    ("Version du Firmware", "9.29.65_F5350_Box"),
    ("Adresse MAC de la box", "D8D775557E90"),
)
