-- wall_between_splits: every row is an error: a repository with trusted tasks that is also trained on.
-- reads: trusted_tasks, tasks, repositories

select distinct repositories.name, trusted_tasks.split
from trusted_tasks
inner join tasks using (repository_id)
inner join repositories using (repository_id)
where tasks.split = 'train'
order by repositories.name, trusted_tasks.split
