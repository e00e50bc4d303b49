from __future__ import annotations

from ignite.engine import Engine, Events

from mammo_monai.training.early_stop import StopEarly


def train(losses, patience, state=None):
    """Epochs that a training with these validation losses lasts, and the handler."""
    evaluator = Engine(lambda *_: None)
    trainer = Engine(lambda *_: None)
    handler = StopEarly(evaluator, patience)
    if state:
        handler.load_state_dict(state)

    @trainer.on(Events.EPOCH_COMPLETED)
    def validate(engine):
        evaluator.state.epoch = engine.state.epoch
        evaluator.state.metrics["loss"] = losses[engine.state.epoch - 1]

    handler.attach(trainer)
    trainer.run([0], max_epochs=len(losses))
    return trainer.state.epoch, handler


def test_stops_after_patience_epochs_without_a_lower_loss():
    assert train([3, 2, 2.5, 2.1, 1.9, 2, 2, 2, 2, 2], patience=3)[0] == 8
    assert train([3, 2, 1], patience=1)[0] == 3


def test_the_count_survives_a_resume():
    _, handler = train([1, 2, 2], patience=3)
    assert train([2, 2, 2], patience=3, state=handler.state_dict())[0] == 1


def test_an_epoch_without_validation_does_not_count():
    evaluator, trainer = Engine(lambda *_: None), Engine(lambda *_: None)
    evaluator.state.metrics["loss"] = 1.0
    StopEarly(evaluator, 1).attach(trainer)
    trainer.run([0], max_epochs=4)
    assert trainer.state.epoch == 4
