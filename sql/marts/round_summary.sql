-- round_summary: one line per round: candidates, valid, selected, skills, repair on held-out tasks, cost.
-- grain: one row per round
-- reads: tasks, verdicts, selections, skills, held_out, ledger

with candidates as (

    select round, count(*)::integer as candidate_count
    from tasks
    group by round

),

valid as (

    select round, count_if(gate = 'semantics' and passed)::integer as valid_count
    from verdicts
    group by round

),

selected as (

    select round, count(*)::integer as selected_count
    from selections
    group by round

),

cards as (

    select round, count_if(lineage in ('new', 'carried'))::integer as skill_count
    from skills
    group by round

),

cost as (

    select
        round,
        sum(unique_execution_count)::integer     as unique_execution_count,
        fsum(wall_ms) / 1000                     as wall_s,
        fsum(alignment_ms) / fsum(wall_ms)       as alignment_share

    from ledger
    group by round

)

select
    cost.round,
    candidates.candidate_count,
    valid.valid_count,
    coalesce(selected.selected_count, 0)         as selected_count,
    coalesce(cards.skill_count, 0)               as skill_count,
    lag(held_out.repair_rate) over (order by cost.round) as repair_before,
    held_out.repair_rate                         as repair_after,
    held_out.standard_error,
    cost.unique_execution_count,
    cost.wall_s,
    cost.alignment_share

from cost
left join candidates using (round)
left join valid using (round)
left join selected using (round)
left join cards using (round)
left join held_out using (round)
order by cost.round
