-- wall_between_splits: every row is an error: a library with trusted tasks that is also trained on, by name.
-- reads: trusted_tasks, tasks, repositories

with trained as (

    select distinct repositories.name
    from tasks
    inner join repositories on tasks.repository_id = repositories.repository_id
    where tasks.split = 'train'

)

select distinct repositories.name, trusted_tasks.split
from trusted_tasks
inner join repositories on trusted_tasks.repository_id = repositories.repository_id
inner join trained on repositories.name = trained.name
order by repositories.name, trusted_tasks.split
