"""What the rules blame: family, place, owner and the screen's defect, each combination written once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain.verdict import Defect, Family, Owner, Prelocalisation


@dataclass(frozen=True, slots=True)
class Blame:
    """Where a verdict points, who acts, and the defect that the screen proposes."""

    family: Family
    prelocalisation: Prelocalisation
    owner: Owner
    defect: Defect | None = None

    def at(self, place: Prelocalisation) -> Blame:
        """The same blame, elsewhere."""
        return replace(self, prelocalisation=place)


NOTHING = Blame(Family.OK, Prelocalisation.AUCUNE, Owner.NOBODY)
WATCHED = Blame(Family.OK, Prelocalisation.AUCUNE, Owner.INFRASTRUCTURE)
UNKNOWN = Blame(Family.INDETERMINE, Prelocalisation.INDETERMINEE, Owner.NOBODY)
UNKNOWN_COMMERCIAL = Blame(Family.INDETERMINE, Prelocalisation.INDETERMINEE, Owner.COMMERCIAL)
UNKNOWN_NETWORK = Blame(Family.INDETERMINE, Prelocalisation.INDETERMINEE, Owner.INFRASTRUCTURE)
OLT = Blame(Family.RESEAU, Prelocalisation.RESEAU_OLT, Owner.INFRASTRUCTURE, Defect.LINE)
OLT_WEAK = Blame(Family.RESEAU, Prelocalisation.RESEAU_OLT, Owner.INFRASTRUCTURE)
SHARED_FIBRE = Blame(Family.LIGNE, Prelocalisation.TRANSPORT_PON, Owner.INFRASTRUCTURE, Defect.LINE)
BRANCH = Blame(Family.LIGNE, Prelocalisation.BRANCHEMENT_PBO, Owner.INFRASTRUCTURE, Defect.LINE)
LINE_SOMEWHERE = Blame(Family.LIGNE, Prelocalisation.INDETERMINEE, Owner.INFRASTRUCTURE, Defect.LINE)
ONT = Blame(Family.ONT, Prelocalisation.ONT, Owner.INFRASTRUCTURE, Defect.ONT)
ONT_MAINS = Blame(Family.ONT, Prelocalisation.ONT, Owner.CUSTOMER, Defect.ONT)
AREA_MAINS = Blame(Family.ONT, Prelocalisation.ONT, Owner.NOBODY, Defect.ONT)
IDENTITY = Blame(Family.PROVISIONNEMENT, Prelocalisation.ONT, Owner.INFRASTRUCTURE, Defect.ONT)
CONFIGURATION = Blame(Family.PROVISIONNEMENT, Prelocalisation.RESEAU_OLT, Owner.INFRASTRUCTURE)
SUSPENSION = Blame(Family.PROVISIONNEMENT, Prelocalisation.RESEAU_OLT, Owner.COMMERCIAL)
HOME = Blame(Family.INTERNE, Prelocalisation.DESSERTE_INTERNE_BOX, Owner.COMMERCIAL, Defect.SESSION_INACTIVE)
HOME_COMFORT = Blame(Family.INTERNE, Prelocalisation.DESSERTE_INTERNE_BOX, Owner.CUSTOMER)
NO_SESSION = Blame(
    Family.OK_SESSION_INACTIVE, Prelocalisation.DESSERTE_INTERNE_BOX, Owner.COMMERCIAL, Defect.SESSION_INACTIVE
)
REFUSED = Blame(Family.AUTHENTIFICATION, Prelocalisation.PLATEFORME_INTERNET, Owner.COMMERCIAL, Defect.AUTHENTICATION)
RADIUS = Blame(
    Family.AUTHENTIFICATION, Prelocalisation.PLATEFORME_INTERNET, Owner.INFRASTRUCTURE, Defect.AUTHENTICATION
)
INTERNET = Blame(Family.INTERNET, Prelocalisation.PLATEFORME_INTERNET, Owner.INFRASTRUCTURE, Defect.INTERNET)
DNS = Blame(Family.DNS, Prelocalisation.PLATEFORME_INTERNET, Owner.INFRASTRUCTURE, Defect.DNS)
FLOW = Blame(Family.FLUX_BLOQUE, Prelocalisation.PLATEFORME_INTERNET, Owner.COMMERCIAL, Defect.BLOCKED_FLOW)
