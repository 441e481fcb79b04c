-- skill_evidence: what was done at the first steps of evidence of each standing card, and what came back.
-- grain: one row per skill_id, position
-- reads: skills, traces, steps, tool_calls

with cited as (

    select
        skill_id,
        unnest(evidence_steps[1:3])              as place,
        generate_subscripts(evidence_steps[1:3], 1) as position

    from skills
    where round = getvariable('round') and lineage in ('new', 'carried')

),

places as (

    select
        skill_id,
        position,
        split_part(place, '#', 1)                as trace_id,
        try_cast(split_part(place, '#', 2) as integer) as step_id

    from cited

),

calls as (

    select
        places.skill_id,
        places.position,
        arg_max(tool_calls.function_name, tool_calls.call_index) as function_name,
        string_agg(left(coalesce(tool_calls.command, tool_calls.arguments), 300), chr(10) order by tool_calls.call_index) as done,
        left(arg_max(tool_calls.result_content, tool_calls.call_index), 400) as came_back

    from places
    inner join tool_calls
        on tool_calls.trace_id = places.trace_id and tool_calls.step_id = places.step_id
    group by places.skill_id, places.position

)

select
    places.skill_id,
    places.position,
    places.trace_id,
    places.step_id,
    any_value(traces.round)                      as trace_round,
    any_value(traces.outcome)                    as outcome,
    any_value(left(steps.message, 300))          as message,
    any_value(calls.function_name)               as function_name,
    any_value(calls.done)                        as done,
    any_value(calls.came_back)                   as came_back

from places
left join traces on traces.trace_id = places.trace_id
left join steps on steps.trace_id = places.trace_id and steps.step_id = places.step_id
left join calls on calls.skill_id = places.skill_id and calls.position = places.position
group by places.skill_id, places.position, places.trace_id, places.step_id
order by places.skill_id, places.position
