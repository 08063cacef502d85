"""Reads the training data without a warning that says nothing.

Rasa declares a retrieval intent for the topics in the data, and then warns either that the rules
use an undeclared intent or, when the domain declares it too, of a duplicate. So the domain leaves
`faq` and `not_covered` out, and they are declared here for the rules alone.
"""

from __future__ import annotations

from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers import utils
from rasa.shared.importers.rasa import RasaFileImporter

from bot.nlu.topics import RETRIEVAL_INTENTS


class TopicImporter(RasaFileImporter):
    """Rasa's own importer, with the retrieval intents known while rules are read."""

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        """See `TrainingDataImporter.get_stories`."""
        topics = Domain.from_dict({"intents": list(RETRIEVAL_INTENTS)})
        domain = self.get_domain().merge(topics)
        return utils.story_graph_from_paths(self._story_files, domain, exclusion_percentage)
