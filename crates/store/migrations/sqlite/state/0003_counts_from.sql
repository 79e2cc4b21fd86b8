-- A look that began before this instant does not serve the request: the change feed tells changes apart by the second,
-- and an earlier look may have missed a change later in the same second.
alter table requests add column counts_from integer;
