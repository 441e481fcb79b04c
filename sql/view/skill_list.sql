-- skill_list: every card in every round, with its yield.
-- grain: one row per round, skill_id
-- reads: skills, skill_yield

select
    skills.round,
    skills.skill_id,
    skills.name,
    skills.kind,
    skills.lineage,
    skills.operator,
    skills.support,
    skills.attempt_count,
    skills.lift,
    skills.lift_low,
    skills.lift_high,
    skills.coverage,
    skill_yield.candidate_count,
    skill_yield.valid_count,
    skill_yield.selected_count,
    skill_yield.mean_cosine,
    lower(concat_ws(' ', skills.skill_id, skills.name, skills.description, skills.applicability)) as search_text

from skills
left join skill_yield on skills.round = skill_yield.round and skills.skill_id = skill_yield.skill_id
order by skills.round, skills.skill_id
