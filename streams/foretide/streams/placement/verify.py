"""An independent check that a placement keeps every rule. It shares no code with the search."""

from __future__ import annotations

from collections import defaultdict

from foretide.streams.placement.problem import Ints, Problem


def violations(problem: Problem, card: Ints, rank: Ints, start: Ints) -> list[str]:
    """Every rule that a placement breaks, in words; empty if none."""
    wrong: list[str] = []
    held: dict[int, list[int]] = defaultdict(list)
    for app, c in enumerate(card.tolist()):
        if c < 0:
            continue
        held[c].append(app)
        demand = problem.demands[int(problem.app_demand[app])]
        if not any(o.kind == problem.card_kind[c] and o.rank == rank[app] for o in demand.options):
            wrong.append(f"{problem.app_name(app)} is on a class that does not meet its requirement")
    hosts: dict[int, list[int]] = defaultdict(lambda: [0] * problem.host_capacity.shape[1])
    for c, apps in sorted(held.items()):
        kind = problem.kinds[int(problem.card_kind[c])]
        pairs = [(kind.geometry.profiles[int(rank[a])].name, int(start[a])) for a in apps]
        if not kind.geometry.valid(pairs):
            wrong.append(f"{problem.card_name(c)} cannot hold {pairs}")
        for a in apps:
            demand = problem.demands[int(problem.app_demand[a])]
            if kind.losses:
                others = [problem.demands[int(problem.app_demand[b])].workload for b in apps if b != a]
                loss = sum(kind.losses[demand.workload][w] for w in others)
                slack = [o.slack for o in demand.options if (o.kind, o.rank) == (problem.card_kind[c], rank[a])]
                if slack and loss > slack[0]:
                    wrong.append(f"{problem.app_name(a)} loses too much to its neighbours on {problem.card_name(c)}")
            if len(problem.card_host):
                for i, amount in enumerate(demand.host):
                    hosts[int(problem.card_host[c])][i] += amount
    for host, sums in sorted(hosts.items()):
        wrong += [
            f"host {host} lacks resource {i}"
            for i, (took, has) in enumerate(zip(sums, problem.host_capacity[host].tolist(), strict=True))
            if took > has
        ]
    return wrong


def price(problem: Problem, card: Ints, rank: Ints, start: Ints) -> int:
    """What a placement costs, in micro-units, by the definition."""
    total = sum(problem.kinds[int(problem.card_kind[c])].price for c in set(card.tolist()) if c >= 0)
    for app, c in enumerate(card.tolist()):
        demand = problem.demands[int(problem.app_demand[app])]
        if c < 0:
            total += demand.unplaced
            continue
        total += next(o.price for o in demand.options if (o.kind, o.rank) == (problem.card_kind[c], rank[app]))
        today = int(problem.app_card[app])
        if today >= 0 and (today, problem.app_rank[app], problem.app_start[app]) != (c, rank[app], start[app]):
            total += int(problem.app_resize[app] if today == c else problem.app_move[app])
    return total
