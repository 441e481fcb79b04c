-- localisation_misses: failed attempts whose patch touches none of the files that had to change, and whether they ever looked there.
-- grain: one row per round, trace_id
-- reads: imported_answer_keys, stg_attempts, tool_calls

with gold as (

    select
        stg_attempts.task_id,
        unnest(imported_answer_keys.gold_paths)  as path

    from imported_answer_keys
    inner join stg_attempts
        on imported_answer_keys.round = stg_attempts.round and imported_answer_keys.trace_id = stg_attempts.trace_id

),

-- where nobody told the answer: the files that every attempt which resolved the task has changed
solved as (

    select
        task_id,
        path,
        count(*)                                 as attempt_count

    from (
        select
            task_id,
            unnest(edited_paths)                 as path

        from stg_attempts
        where outcome = 'resolved' and len(edited_paths) > 0
    )
    group by task_id, path

),

solved_attempts as (

    select task_id, count(*) as attempt_count
    from stg_attempts
    where outcome = 'resolved' and len(edited_paths) > 0
    group by task_id

),

needed as (

    select task_id, list_sort(list(distinct path)) as paths, 'gold patch' as known_from
    from gold
    group by task_id

    union all

    select solved.task_id, list_sort(list(solved.path)), 'resolved attempts'
    from solved
    inner join solved_attempts using (task_id, attempt_count)
    where solved.task_id not in (select task_id from gold)
    group by solved.task_id

),

missed as (

    select
        stg_attempts.round,
        stg_attempts.trace_id,
        stg_attempts.task_id,
        stg_attempts.repo,
        stg_attempts.model,
        stg_attempts.edited_paths,
        needed.paths                             as needed_paths,
        needed.known_from

    from stg_attempts
    inner join needed using (task_id)
    where
        stg_attempts.is_resolved = false
        and stg_attempts.parent_trace_id is null
        and len(needed.paths) > 0
        and not list_has_any(stg_attempts.edited_paths, needed.paths)

),

looked as (

    select distinct missed.round, missed.trace_id
    from missed
    inner join tool_calls
        on missed.round = tool_calls.round and missed.trace_id = tool_calls.trace_id
    where
        tool_calls.target_path is not null
        and list_bool_or(list_transform(missed.needed_paths, lambda path: ends_with(tool_calls.target_path, path)))

)

select
    missed.round,
    missed.trace_id,
    missed.task_id,
    missed.repo,
    missed.model,
    missed.needed_paths,
    missed.edited_paths,
    len(missed.edited_paths) > 0                 as has_patch,
    looked.trace_id is not null                  as has_looked,
    missed.known_from

from missed
left join looked using (round, trace_id)
order by missed.round, missed.trace_id
