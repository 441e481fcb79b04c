-- selection_gain: alignment of the selection, of the valid tasks it was drawn from, and of a random draw of the same size.
-- grain: one row per round
-- reads: scores, selections

with pool as (

    select
        scores.round,
        coalesce(scores.cosine, 0)               as cosine,
        scores.pass_rate,
        selections.task_id is not null           as is_selected

    from scores
    left join selections on scores.task_id = selections.task_id and scores.round = selections.round
    where scores.is_valid and scores.round <= getvariable('round')

),

summed as (

    select
        round,
        count(*)::integer                        as valid_count,
        count_if(is_selected)::integer           as selected_count,
        fsum(cosine) filter (is_selected) / count_if(is_selected) as selected_cosine,
        fsum(cosine) / count(*)                  as random_cosine,
        stddev_pop(cosine)                       as spread,
        fsum(pass_rate) filter (is_selected) / count_if(is_selected) as selected_pass_rate,
        fsum(pass_rate) / count(*)               as valid_pass_rate

    from pool
    group by round

)

select
    round,
    valid_count,
    selected_count,
    selected_cosine,
    random_cosine,

    -- 95 % of the means of draws without replacement of the size of the selection
    random_cosine - 1.96 * spread * sqrt((valid_count - selected_count) / (selected_count * greatest(1, valid_count - 1))) as random_low,
    random_cosine + 1.96 * spread * sqrt((valid_count - selected_count) / (selected_count * greatest(1, valid_count - 1))) as random_high,
    selected_pass_rate,
    valid_pass_rate

from summed
where selected_count > 0
order by round
