-- skill_cards: the cards of a round with what came of the tasks they asked for; standing ones first.
-- grain: one row per skill_id
-- reads: skills, skill_yield

select
    skills.* exclude (round, evidence_trace_ids, evidence_steps),
    skills.evidence_steps[1:3]                   as evidence_steps,
    skills.lineage in ('new', 'carried')         as is_standing,
    coalesce(skill_yield.candidate_count, 0)     as candidate_count,
    coalesce(skill_yield.valid_count, 0)         as valid_count,
    coalesce(skill_yield.selected_count, 0)      as selected_count,
    skill_yield.mean_cosine,
    skill_yield.mean_pass_rate

from skills
left join skill_yield on skills.round = skill_yield.round and skills.skill_id = skill_yield.skill_id
where skills.round = getvariable('round')
order by is_standing desc, skills.kind, skills.z desc, skills.skill_id
