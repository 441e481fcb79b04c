-- alignment: cosine between each candidate and the mean validation gradient, from the sketches alone.
-- grain: one row per round, task_id
-- reads: sketches

with validation as (

    select
        round,
        policy_id,
        projector_id,
        position,
        fsum(value) / count(*)                   as mean_value

    from (
        select
            round,
            policy_id,
            projector_id,
            unnest(sketch)                       as value,
            generate_subscripts(sketch, 1)       as position

        from sketches
        where split = 'validation'
    )
    group by round, policy_id, projector_id, position

),

direction as (

    select
        round,
        policy_id,
        projector_id,
        list(mean_value::float order by position) as mean_sketch

    from validation
    group by round, policy_id, projector_id

)

select
    sketches.round,
    sketches.task_id,
    sketches.policy_id,
    sketches.pass_rate,

    -- without a direction there is no cosine: null, not NaN
    case
        when sketches.zero_reason is null and list_inner_product(direction.mean_sketch, direction.mean_sketch) > 0
            then list_cosine_similarity(sketches.sketch, direction.mean_sketch)
    end                                          as cosine_sketch,
    sketches.zero_reason

from sketches
inner join direction using (round, policy_id, projector_id)
where sketches.split = 'candidate'
order by sketches.round, sketches.task_id
