-- imports_accounted: every row is an error: a file that was rejected without a reason, or holds traces that are not there.
-- reads: import_sources, ingest_rejects

with reasons as (

    select round, source_uri, count(*) as reject_count
    from ingest_rejects
    group by round, source_uri

)

select import_sources.round, import_sources.source_uri, import_sources.reject_count
from import_sources
left join reasons using (round, source_uri)
where
    import_sources.reject_count > coalesce(reasons.reject_count, 0)
    or (import_sources.role = 'trace') <> (import_sources.record_count > 0)
order by import_sources.round, import_sources.source_uri
