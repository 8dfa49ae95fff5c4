"""Reports as Markdown, for perf/report.md and for people at a terminal."""

from perf.bench.authorise import AuthoriseReport


def authorise_markdown(report: AuthoriseReport) -> str:
    """Return the report of `guichet bench authorise`."""
    cpu = sorted(report.cpu_us_per_payment.items(), key=lambda item: -item[1])
    lines = [
        "# Durable authorisations, terminal to database and back",
        "",
        (
            f"{report.cores} cores carry generator, edge, core, NATS, PostgreSQL and the acquirer simulator. "
            f"Both commits are durable (fsync {report.database.get('fsync')}, synchronous_commit "
            f"{report.database.get('synchronous_commit')}, full_page_writes {report.database.get('full_page_writes')}, "
            f"data_checksums {report.database.get('data_checksums')})."
        ),
        "",
        "| | |",
        "|---|---|",
        f"| durable authorisations at saturation | {report.durable_per_s:,.0f} a second ({report.in_flight} in flight) |",
        (
            f"| pgbench, same facts, one payment a transaction | {report.pgbench_per_s:,.0f} a second (five statements "
            f"{report.pgbench_statements_per_s:,.0f}, one statement {report.pgbench_one_statement_per_s:,.0f}) |"
        ),
        f"| ratio | **{report.ratio:.2f}** |",
        f"| ratio, round by round | {', '.join(f'{each.ratio:.2f}' for each in report.rounds)} |",
        f"| saturated p50 / p99 | {report.p50_ms_saturated:.1f} / {report.p99_ms_saturated:.1f} ms |",
        *(
            f"| at {each.rate_per_s:,.0f} a second: p50 / p99 / p99.9 | {each.p50_ms:.1f} / {each.p99_ms:.1f} / "
            f"{each.p99_9_ms:.1f} ms |"
            for each in report.latency
        ),
        f"| items a transaction: arm, decide | {report.batch_items.get('arm')}, {report.batch_items.get('decide')} |",
        f"| lost, doubled, verify | {report.lost}, {report.doubled}, {report.verify} |",
        "",
        "| process | CPU a payment, µs |",
        "|---|---|",
        *(f"| {name} | {us:.0f} |" for name, us in cpu),
        f"| all | {sum(report.cpu_us_per_payment.values()):.0f} |",
        "",
    ]
    return "\n".join(lines)
