"""Gradient surgery. Traps: what is projected, onto what, when, in which order, and the heads.

Yu et al., 2020, arXiv:2001.06782, algorithm 1.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    Implement,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.engine.properties import agree
from mmtutor.checks.gpt.shared import either


def pcgrad(gradients: Tensor, shared: Tensor, orders: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: each task's shared gradient loses what goes against the others, then the sum."""
    found = operated(gradients, scope(shared, wrong), ordered(orders, wrong), wrong)
    ways: dict[str, Callable[[], Tensor]] = {
        "mean": lambda: found.mean(0),
        "shared_mean": lambda: torch.where(shared, found.mean(0), found.sum(0)),
        "heads_mean": lambda: torch.where(shared, found.sum(0), found.mean(0)),
        "heads_dropped": lambda: torch.where(shared, found.sum(0), 0.0),
        "shared_alone": lambda: found.sum(0)[shared],
        "task_by_task": lambda: found,
        "first_task": lambda: found[0],
        "last_task": lambda: found[-1],
    }
    return either(ways, wrong, lambda: found.sum(0))


def scope(shared: Tensor, wrong: Wrong) -> Tensor:
    """Return on which weights gradients are compared and projected."""
    ways: dict[str, Callable[[], Tensor]] = {
        "heads_too": lambda: torch.ones_like(shared),
        "heads_only": lambda: ~shared,
    }
    return either(ways, wrong, lambda: shared)


def ordered(orders: Tensor, wrong: Wrong) -> Tensor:
    """Return in which order each task meets the others (task, task)."""
    ways: dict[str, Callable[[], Tensor]] = {
        "fixed_order": lambda: torch.arange(len(orders)).expand_as(orders),
        "fixed_backwards": lambda: torch.arange(len(orders)).flip(0).expand_as(orders),
        "first_order": lambda: orders[:1].expand_as(orders),
        "backwards": lambda: orders.flip(1),
        "columns": lambda: orders.T,
        "places": lambda: orders.argsort(1),
    }
    return either(ways, wrong, lambda: orders)


def operated(gradients: Tensor, scope: Tensor, orders: Tensor, wrong: Wrong) -> Tensor:
    """Return the gradient of each task (task, weight) after surgery, or what people do for it."""
    if "no_surgery" in wrong:
        return gradients
    if "summed_first" in wrong:
        return of_the_sum(gradients, scope, orders, wrong)
    others, found = gradients.clone(), []
    for task, order in enumerate(orders.tolist()):
        own = gradients[task].clone()
        for other in met(order, task, wrong):
            measured = gradients[task] if "original_dot" in wrong else own
            before = own
            own = own - against(measured, others[other], scope, wrong)
            if "first_conflict" in wrong and not torch.equal(own, before):
                break
            if "in_place" in wrong:
                others[task] = own
        found.append(lengthened(own, gradients[task], scope, wrong))
    return torch.stack(found)


def met(order: list[int], task: int, wrong: Wrong) -> list[int]:
    """Return the tasks that a task meets, in their order."""
    others = [other for other in order if other != task]
    ways: dict[str, Callable[[], list[int]]] = {
        "itself_too": lambda: order,
        "first_other": lambda: others[:1],
        "last_other": lambda: others[-1:],
        "only_before": lambda: [other for other in others if other < task],
        "only_after": lambda: [other for other in others if other > task],
    }
    return either(ways, wrong, lambda: others)


def of_the_sum(gradients: Tensor, scope: Tensor, orders: Tensor, wrong: Wrong) -> Tensor:
    """Project the summed gradient onto each task's; the other rows are 0."""
    summed = gradients.sum(0)
    for other in orders[0].tolist():
        summed = summed - against(summed, gradients[other], scope, wrong)
    return torch.cat([summed[None], torch.zeros_like(gradients[1:])])


def against(own: Tensor, other: Tensor, scope: Tensor, wrong: Wrong) -> Tensor:
    """Return what is subtracted from one gradient because of another (weight,)."""
    a, b = own * scope, other * scope
    dot, size = a @ b, (b @ b).clamp(min=1e-30)
    cut: dict[str, Callable[[], Tensor]] = {
        "by_length": lambda: dot / size.sqrt() * b,
        "not_divided": lambda: dot * b,
        "by_own": lambda: dot / (a @ a).clamp(min=1e-30) * b,
        "by_both": lambda: dot / (size * (a @ a).clamp(min=1e-30)).sqrt() * b,
        "projection_kept": lambda: a - dot / size * b,
        "added": lambda: -dot / size * b,
        "twice": lambda: 2 * dot / size * b,
        "half": lambda: dot / size * b / 2,
        "set_to_zero": lambda: a,
        "replaced": lambda: a - b,
        "other_subtracted": lambda: b,
        "sign_by_sign": lambda: a * (a * b < 0),
    }
    if "heads_in_dot" in wrong:
        dot, size = own @ other, (other @ other).clamp(min=1e-30)
    change = either(cut, wrong, lambda: dot / size * b)
    ways: dict[str, Callable[[], bool]] = {
        "always": lambda: True,
        "agreeing": lambda: bool(dot > 0),
        "threshold": lambda: bool(dot < -1),
    }
    asked = either(ways, wrong, lambda: bool(dot < 0))
    return change if asked or "sign_by_sign" in wrong else torch.zeros_like(change)


def lengthened(own: Tensor, before: Tensor, scope: Tensor, wrong: Wrong) -> Tensor:
    """Return a gradient after surgery, as long as it was before if that mistake is made."""
    if "same_length" not in wrong:
        return own
    a, b = own * scope, before * scope
    return torch.where(scope, own * b.norm() / a.norm().clamp(min=1e-12), own)


def pcgrad_cases() -> list[Case]:
    def case(
        tasks: int, shared: str, seed: int, orders: list[str], pull: float = 1.0, own: bool = True
    ) -> Case:
        trunk = torch.tensor([weight == "s" for weight in shared])
        gradients = random_tensor(tasks, len(shared), seed=seed)
        common = random_tensor(len(shared), seed=seed + 1)
        signs = torch.tensor([(-1.0) ** task for task in range(tasks)])
        gradients = gradients + pull * signs[:, None] * common * (trunk | (not own))
        heads = (torch.arange(len(shared)) % tasks) == torch.arange(tasks)[:, None]
        return Case(
            gradients=gradients * (trunk | heads) if own else gradients,
            shared=trunk,
            orders=torch.tensor([[int(task) for task in row] for row in orders]),
        )

    # two projections turn the first gradient so far that it conflicts with what it was
    far = case(3, "shs", 545, ["120", "201", "012"])
    angles = torch.deg2rad(torch.tensor([0.0, 170.0, 250.0]))
    far["gradients"][:, 0], far["gradients"][:, 2] = angles.cos(), angles.sin()
    apart = case(3, "sssshh", 540, ["021", "210", "102"])
    apart["gradients"][0, :4] = 0.0
    turned = case(2, "sshss", 550, ["01", "10"])
    turned["gradients"][1, [0, 1, 3, 4]] = -turned["gradients"][0, [0, 1, 3, 4]]
    loud = case(3, "ssshsh", 560, ["120", "021", "201"])
    loud["gradients"][0, :3] = torch.tensor([25.0, -25.0, 3.0])
    loud["gradients"][1, :3] = torch.tensor([-22.0, 28.0, 0.0])
    twins = case(3, "hsss", 570, ["012", "120", "021"])
    twins["gradients"][2] = twins["gradients"][0]
    tiny = case(3, "sshs", 580, ["102", "021", "210"])
    tiny["gradients"] *= 2e-3
    return [
        case(2, "ssshh", 500, ["01", "10"], 1.5),
        case(2, "sssshhh", 505, ["10", "01"], -0.6, own=False),
        case(3, "sshsss", 510, ["210", "021", "102"], 1.2),
        case(3, "hsssshh", 515, ["120", "201", "012"], 0.9, own=False),
        case(4, "sssshhhh", 520, ["3210", "0231", "1302", "2013"], 0.6),
        case(5, "ssshss", 525, ["40213", "31402", "02431", "14230", "23041"], 0.3),
        case(1, "sshhs", 530, ["0"]),
        case(3, "h", 533, ["210", "021", "102"]),
        case(2, "ssss", 536, ["10", "01"], 0.8),
        far,
        apart,
        turned,
        loud,
        twins,
        tiny,
    ]


def right(case: Case) -> Tensor:
    """Return the right gradient."""
    return pcgrad(*case.values())


def heads_stay(case: Case, output: Tensor) -> bool:
    """Say whether the gradient on what is not shared is the plain sum."""
    if output.shape != case["shared"].shape:
        return True
    return agree(output[~case["shared"]], case["gradients"].sum(0)[~case["shared"]])


def is_in_peace(case: Case) -> bool:
    """Say whether no two gradients conflict on the shared weights."""
    trunk = case["gradients"] * case["shared"]
    return bool((trunk @ trunk.T >= 0).all())


def peace(case: Case, output: Tensor) -> bool:
    """Say whether gradients without conflict come out as their sum."""
    return not is_in_peace(case) or agree(output, case["gradients"].sum(0))


def right_if_two(case: Case, output: Tensor) -> bool:
    """Say whether all is right where there are two tasks."""
    return len(case["gradients"]) != 2 or agree(output, right(case))


PCGRAD = Implement(
    id="multitask.pcgrad",
    title="Gradient surgery",
    difficulty=3,
    minutes=25,
    hints=(
        "Take one task after the other. Its gradient changes step by step, those of the others "
        "never do: keep the given ones beside it.",
        "for task i, for each other j in its order: if g · g_j < 0: g ← g − (g · g_j / ‖g_j‖²) "
        "g_j. g begins as g_i, g_j is always the given one. The sum of all g comes out.",
        "gradients[:, shared] is (task, shared weight): dot products and lengths come from it "
        "alone. The result is (weight,).",
        "trunk = gradients[:, shared]\ntotal = gradients.sum(0)\nprojected = trunk.clone()\n"
        "for i in range(len(trunk)):\n    for j in orders[i].tolist():\n"
        "        dot = projected[i] @ trunk[...]\n        if j != i and dot < 0:\n"
        "            projected[i] -= dot / ... * trunk[j]\n"
        "total[shared] = projected.sum(0)",
    ),
    reference=pcgrad,
    cases=pcgrad_cases,
    mistakes=(
        Mistake(
            "summed_first",
            "You project the *sum* of the gradients. Each task's own gradient is to be freed of "
            "what goes against another, before they are added.",
            "whose meet order end",
        ),
        Mistake(
            "in_place",
            "The others' gradients have been changed already when you project onto them. Onto "
            "which gradient of the other does the card project?",
            "whose meet end",
        ),
        Mistake(
            "original_dot",
            "The dot product is that of the task's gradient as it was at first: after one "
            "projection it is another, and that one meets the next task. (Or what you subtract "
            "points along the task's own gradient, not the other's: that comes to the same sum.)",
            "whose order meet cut",
        ),
        Mistake(
            "no_surgery",
            "That is the plain sum: nothing was projected. Where is a dot product below 0?",
            "whose meet order cut when where whole",
        ),
        Mistake(
            "always",
            "You project always. Two tasks that agree need no surgery: when does the card project?",
            "when",
        ),
        Mistake(
            "agreeing",
            "You project where the two *agree*. When does the card project?",
            "when",
        ),
        Mistake(
            "threshold",
            "You project only where the dot product is below −1. Below which number is a conflict?",
            "when",
        ),
        Mistake(
            "by_length",
            "You divide by the length of the other gradient. A projection divides by its *square*, "
            "unless the other is normalised, too.",
            "cut",
        ),
        Mistake("not_divided", "You do not divide by ‖g_j‖².", "cut"),
        Mistake(
            "by_own",
            "You divide by the squared length of the task's *own* gradient. Onto which is it "
            "projected?",
            "cut",
        ),
        Mistake(
            "by_both",
            "You divide by both lengths: that is the cosine, no projection.",
            "cut",
        ),
        Mistake(
            "projection_kept",
            "You keep the projection, which is the part in conflict. It is what is to go.",
            "cut",
        ),
        Mistake(
            "added",
            "You add the projection: the conflict becomes twice as large.",
            "cut",
        ),
        Mistake(
            "twice",
            "You subtract the projection twice (a mirror image). Once, and the two are at right "
            "angles.",
            "cut",
        ),
        Mistake("half", "You subtract half of the projection.", "cut"),
        Mistake(
            "set_to_zero",
            "A gradient in conflict becomes 0. Only the part that goes against the other is to go.",
            "cut order meet whose",
        ),
        Mistake("replaced", "A gradient in conflict is replaced by the other one.", "cut whose"),
        Mistake(
            "other_subtracted",
            "You subtract the whole other gradient. How much of it is to be subtracted?",
            "cut order meet whose",
        ),
        Mistake(
            "sign_by_sign",
            "You drop single weights on which the signs differ. A projection looks at the whole "
            "gradient.",
            "cut when order meet whose",
        ),
        Mistake(
            "same_length",
            "You make the gradient as long again as it was. The card does not.",
            "whose cut",
        ),
        Mistake(
            "heads_too",
            "Heads take part in the surgery. Nobody shares them: which weights count in dot "
            "product, length and projection?",
            "where",
        ),
        Mistake(
            "heads_in_dot",
            "Dot product and length are those of all weights, heads included. Which weights are "
            "shared?",
            "where cut",
        ),
        Mistake(
            "heads_only",
            "You operate on the heads and leave what is shared. What does True mean in `shared`?",
            "where order meet whose",
        ),
        Mistake(
            "fixed_order",
            "The tasks are met in the order 0, 1, 2 …, always. What does `orders` say?",
            "order",
        ),
        Mistake(
            "fixed_backwards",
            "The tasks are met from the last to the first, always. What does `orders` say?",
            "order",
        ),
        Mistake(
            "first_order",
            "The first task's order serves for all. Each has a row of its own.",
            "order",
        ),
        Mistake("backwards", "You go through the orders from the end.", "order"),
        Mistake(
            "columns",
            "You read the orders along the wrong axis: row i belongs to task i.",
            "order",
        ),
        Mistake(
            "places",
            "You take `orders[i, j]` for *when* task j is met. It says which task comes at place "
            "j.",
            "order",
        ),
        Mistake(
            "first_other",
            "Each task meets only the first of the others.",
            "meet order",
        ),
        Mistake(
            "first_conflict",
            "After the first conflict a task meets nobody else. Is there a `break`?",
            "meet order whose when",
        ),
        Mistake(
            "last_other",
            "Only the last of the others counts: does each step begin with the task's first "
            "gradient again?",
            "meet order whose",
        ),
        Mistake(
            "itself_too",
            "A task meets itself, too. After two projections its gradient may even conflict with "
            "what it was.",
            "meet when cut order",
        ),
        Mistake(
            "only_before",
            "A task meets only those with a smaller number.",
            "meet",
        ),
        Mistake(
            "only_after",
            "A task meets only those with a larger number. So each conflict is mended on one side.",
            "meet",
        ),
        Mistake("mean", "You average over the tasks. Their sum is asked for.", "end"),
        Mistake(
            "shared_mean",
            "On the shared weights you average over the tasks. Their sum is asked for.",
            "end",
        ),
        Mistake(
            "heads_mean",
            "On the heads you average over the tasks. Their sum is asked for.",
            "end",
        ),
        Mistake(
            "heads_dropped",
            "The heads get no gradient at all. They are to learn as before.",
            "end where",
        ),
        Mistake(
            "shared_alone",
            "The heads' gradient is missing. One number for *every* weight is asked for.",
            "end where",
        ),
        Mistake("task_by_task", "You return one gradient for each task. Add them up.", "end whole"),
        Mistake("first_task", "Only the first task's gradient comes out.", "end meet order whose"),
        Mistake("last_task", "Only the last task's gradient comes out.", "end meet order whose"),
    ),
    properties=(
        Property(
            "On what is not shared the plain sum should come out; yours is another.",
            heads_stay,
        ),
        Property(
            "Where no two gradients conflict the plain sum should come out; yours is another.",
            peace,
        ),
        Property(
            "You are wrong with two tasks: each meets one other. Compare dot product, length and "
            "what you subtract.",
            right_if_two,
        ),
        Property(
            "With two tasks all is right. With more: whose gradient is projected at the second "
            "step, onto which, in which order?",
            lambda case, output: agree(output, right(case)),
        ),
    ),
)
