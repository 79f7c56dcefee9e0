/**
 * What functions of the server and of its usual extensions do beside computing. A function of the server that is not
 * here computes if the catalog calls it immutable or stable, and is an effect of its own if it calls it volatile.
 */
export interface KnownFunction {
  /** Effects; `%` stands for the first argument where that is a constant. */
  readonly effects?: readonly string[];
  /** One of the arguments is run as SQL. */
  readonly runs?: true;
  /** Which argument names a relation that is read. */
  readonly reads?: number;
  /** Relations that it shows the content of. */
  readonly shows?: readonly string[];
  readonly special?: 'set-config' | 'current-setting' | 'repeats' | 'series' | 'sequence' | 'cursor';
}

const COMPUTES: KnownFunction = {};

const effect = (names: string, ...effects: readonly string[]): Readonly<Record<string, KnownFunction>> => each(names, { effects });

function each(names: string, known: KnownFunction): Readonly<Record<string, KnownFunction>> {
  return Object.fromEntries(
    names
      .split(/\s+/)
      .filter((name) => name !== '')
      .map((name) => [name, known]),
  );
}

/** Volatile for the server's planner, and still nothing but values: clocks, random numbers, sizes, counters. */
const VOLATILE_VALUES = each(
  `random random_normal setseed clock_timestamp timeofday gen_random_uuid uuidv4 uuidv7 pg_relation_size pg_total_relation_size pg_table_size
  pg_indexes_size pg_database_size pg_tablespace_size pg_is_in_recovery pg_is_wal_replay_paused pg_get_wal_replay_pause_state
  pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_current_wal_lsn pg_current_wal_insert_lsn
  pg_current_wal_flush_lsn txid_current txid_current_if_assigned txid_current_snapshot txid_status pg_current_xact_id
  pg_current_xact_id_if_assigned pg_current_snapshot pg_xact_status pg_xact_commit_timestamp pg_last_committed_xact currval lastval
  pg_blocking_pids pg_safe_snapshot_blocking_pids pg_collation_actual_version pg_database_collation_actual_version
  pg_partition_root pg_sequence_last_value pg_notification_queue_usage pg_trigger_depth pg_get_multixact_members pg_numa_available
  pg_describe_object pg_identify_object pg_identify_object_as_address pg_get_object_address pg_input_is_valid pg_column_compression
  to_regclass to_regtype json_populate_record json_populate_recordset json_to_record json_to_recordset jsonb_populate_record
  jsonb_populate_recordset jsonb_to_record jsonb_to_recordset pg_replication_origin_progress pg_wal_lsn_diff
  pg_stat_get_xact_numscans pg_stat_get_xact_tuples_returned pg_stat_get_xact_tuples_fetched pg_stat_get_xact_tuples_inserted
  pg_stat_get_xact_tuples_updated pg_stat_get_xact_tuples_deleted pg_stat_get_xact_tuples_hot_updated pg_stat_get_xact_blocks_fetched
  pg_stat_get_xact_blocks_hit pg_stat_get_xact_function_calls pg_stat_get_xact_function_total_time pg_stat_get_xact_function_self_time`,
  COMPUTES,
);

const FILES: Readonly<Record<string, KnownFunction>> = {
  ...effect('pg_read_file pg_read_binary_file pg_stat_file pg_file_read pg_file_length', 'file:read', 'file:read:%'),
  ...effect(
    `pg_ls_dir pg_ls_logdir pg_ls_waldir pg_ls_tmpdir pg_ls_archive_statusdir pg_ls_logicalsnapdir pg_ls_logicalmapdir pg_ls_replslotdir
    pg_ls_summariesdir pg_logdir_ls pg_current_logfile`,
    'file:list',
  ),
  ...effect('lo_import', 'file:read', 'file:read:%', 'write:large-object'),
  ...effect('lo_export pg_file_write pg_file_rename pg_file_unlink pg_file_sync', 'file:write'),
  ...effect('pg_hba_file_rules pg_ident_file_mappings pg_show_all_file_settings', 'file:read', 'admin:configuration[*]'),
  ...effect('pg_relation_filepath pg_tablespace_location pg_config', 'admin:configuration[*]'),
};

const LARGE_OBJECTS: Readonly<Record<string, KnownFunction>> = {
  ...effect('lo_creat lo_create lo_from_bytea lo_put lo_unlink lowrite lo_truncate lo_truncate64 lo_open lo_manage', 'write:large-object'),
  ...effect('lo_get loread lo_lseek lo_lseek64 lo_tell lo_tell64 lo_close', 'read:large-object'),
};

const ADMINISTRATION: Readonly<Record<string, KnownFunction>> = {
  ...effect('pg_terminate_backend', 'admin:terminate-backend'),
  ...effect('pg_cancel_backend', 'admin:cancel-backend'),
  ...effect('pg_reload_conf', 'admin:reload-conf'),
  ...effect('pg_rotate_logfile pg_rotate_logfile_old', 'admin:rotate-logfile'),
  ...effect('pg_switch_wal', 'admin:switch-wal'),
  ...effect('pg_create_restore_point', 'admin:restore-point'),
  ...effect('pg_backup_start pg_backup_stop pg_start_backup pg_stop_backup', 'admin:backup'),
  ...effect('pg_promote', 'admin:promote'),
  ...effect('pg_wal_replay_pause pg_wal_replay_resume', 'admin:wal-replay'),
  ...effect(
    `pg_create_physical_replication_slot pg_create_logical_replication_slot pg_drop_replication_slot pg_copy_physical_replication_slot
    pg_copy_logical_replication_slot pg_replication_slot_advance pg_sync_replication_slots`,
    'admin:replication-slot',
  ),
  ...effect(
    `pg_logical_slot_get_changes pg_logical_slot_peek_changes pg_logical_slot_get_binary_changes pg_logical_slot_peek_binary_changes`,
    'admin:replication-slot',
    'read:replication',
  ),
  ...effect(
    `pg_replication_origin_create pg_replication_origin_drop pg_replication_origin_advance pg_replication_origin_session_setup
    pg_replication_origin_session_reset pg_replication_origin_xact_setup pg_replication_origin_xact_reset`,
    'admin:replication-origin',
  ),
  ...effect(
    `pg_stat_reset pg_stat_reset_shared pg_stat_reset_single_table_counters pg_stat_reset_single_function_counters pg_stat_reset_slru
    pg_stat_reset_replication_slot pg_stat_reset_subscription_stats pg_stat_reset_backend_stats pg_stat_statements_reset
    pg_stat_clear_snapshot pg_stat_force_next_flush pg_restore_relation_stats pg_restore_attribute_stats pg_clear_relation_stats pg_clear_attribute_stats`,
    'admin:stat-reset',
  ),
  ...effect('pg_logical_emit_message', 'admin:logical-message'),
  ...effect('pg_log_backend_memory_contexts', 'admin:log'),
  ...effect('pg_import_system_collations', 'ddl:create:collation'),
  ...effect('pg_export_snapshot', 'session:snapshot'),
  ...effect('pg_extension_config_dump', 'ddl:alter:extension'),
  ...effect('brin_summarize_new_values brin_summarize_range brin_desummarize_range gin_clean_pending_list', 'admin:maintenance'),
  ...effect('pg_notify', 'notify'),
  ...effect(
    `pg_advisory_lock pg_advisory_lock_shared pg_advisory_unlock pg_advisory_unlock_shared pg_advisory_unlock_all pg_advisory_xact_lock
    pg_advisory_xact_lock_shared pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared`,
    'lock:advisory',
  ),
  ...effect('pg_sleep pg_sleep_for pg_sleep_until', 'dos'),
};

/** They take a text and run it, or a name and read what it names. */
const DYNAMIC: Readonly<Record<string, KnownFunction>> = {
  ...each('query_to_xml query_to_xmlschema query_to_xml_and_xmlschema ts_stat', { runs: true }),
  ...each('ts_rewrite', { runs: true }),
  ...each('table_to_xml table_to_xmlschema table_to_xml_and_xmlschema', { reads: 0 }),
  ...each('schema_to_xml schema_to_xmlschema schema_to_xml_and_xmlschema', { effects: ['read:%.*', 'dynamic'] }),
  ...each('database_to_xml database_to_xmlschema database_to_xml_and_xmlschema', { effects: ['read:*', 'dynamic'] }),
  ...each('cursor_to_xml cursor_to_xmlschema', { special: 'cursor', effects: ['dynamic'] }),
  ...each('domain_in domain_recv', { effects: ['dynamic'] }),
  ...each('binary_upgrade_create_empty_extension', { effects: ['dynamic'] }),
};

const VALUES_OF: Readonly<Record<string, KnownFunction>> = {
  ...each('pg_stat_get_activity pg_stat_get_backend_activity pg_stat_get_backend_client_addr', { shows: ['pg_catalog.pg_stat_activity'] }),
  ...each('pg_show_all_settings', { shows: ['pg_catalog.pg_settings'] }),
  ...each('pg_prepared_statement', { shows: ['pg_catalog.pg_prepared_statements'] }),
  ...each('pg_cursor', { shows: ['pg_catalog.pg_cursors'] }),
  ...each('pg_prepared_xact', { shows: ['pg_catalog.pg_prepared_xacts'] }),
  ...each('pg_mcv_list_items', { shows: ['pg_catalog.pg_statistic_ext_data'] }),
};

const SPECIAL: Readonly<Record<string, KnownFunction>> = {
  set_config: { special: 'set-config' },
  current_setting: { special: 'current-setting' },
  ...each('repeat lpad rpad', { special: 'repeats' }),
  ...each('generate_series', { special: 'series' }),
  setval: { special: 'sequence', effects: ['admin:setval'] },
  nextval: { special: 'sequence', effects: ['admin:nextval'] },
};

export const SERVER_FUNCTIONS: Readonly<Record<string, KnownFunction>> = {
  ...VOLATILE_VALUES,
  ...FILES,
  ...LARGE_OBJECTS,
  ...ADMINISTRATION,
  ...DYNAMIC,
  ...VALUES_OF,
  ...SPECIAL,
};

/** Functions of extensions that reach out or run texts; by extension, whatever schema it is in. */
export const EXTENSION_FUNCTIONS: Readonly<Record<string, Readonly<Record<string, KnownFunction>>>> = {
  dblink: {
    ...each('dblink dblink_exec dblink_open dblink_send_query', { effects: ['net:dblink'], runs: true }),
    ...effect(
      `dblink_connect dblink_connect_u dblink_disconnect dblink_fetch dblink_close dblink_get_result dblink_cancel_query dblink_error_message
      dblink_get_connections dblink_is_busy dblink_get_notify`,
      'net:dblink',
    ),
  },
  adminpack: FILES,
  lo: LARGE_OBJECTS,
  xml2: each('xpath_table', { reads: 2 }),
  tablefunc: {
    ...each('connectby', { reads: 0 }),
    ...each('crosstab crosstab2 crosstab3 crosstab4 crosstabn crosstab_hash', { runs: true }),
  },
};

/** Extensions of data types: what they have computes, so that `=` on a column of theirs is no event. */
const TYPE_EXTENSIONS: ReadonlySet<string> = new Set(
  `hstore citext ltree intarray cube seg isn pg_trgm btree_gist btree_gin unaccent fuzzystrmatch earthdistance uuid-ossp pgcrypto vector postgis bloom`.split(
    ' ',
  ),
);

/** Those whose volatile functions are values too: random ones. */
const RANDOM_EXTENSIONS: ReadonlySet<string> = new Set(['pgcrypto', 'uuid-ossp']);

export const isTypeExtension = (extension: string | undefined): boolean => extension !== undefined && TYPE_EXTENSIONS.has(extension);

/** Whether a function of an extension is nothing but a value. */
export function onlyComputes({ extension, volatility }: { readonly extension?: string; readonly volatility: string }): boolean {
  return isTypeExtension(extension) && (volatility !== 'volatile' || RANDOM_EXTENSIONS.has(extension ?? ''));
}

/**
 * Functions that never fail on a text and give one value for one: what they make of a masked column may be masked as a
 * whole. `first`: only the first argument may be made of one; otherwise all but those named `format`'s way.
 */
export const TOTAL_FUNCTIONS: Readonly<Record<string, 'all' | 'first' | 'rest'>> = {
  ...total(
    'all',
    `concat concat_ws replace translate array_agg string_agg json_agg jsonb_agg json_build_array jsonb_build_array row_to_json to_json
  to_jsonb min max count lag lead first_value last_value nth_value any_value array_append array_prepend array_cat textcat`,
  ),
  ...total(
    'first',
    `upper lower initcap reverse left right substr substring btrim ltrim rtrim md5 length char_length character_length
  octet_length bit_length quote_literal quote_ident quote_nullable array_to_string array_to_json split_part regexp_replace regexp_substr convert_to
  hashtext ascii strpos position text varchar bpchar name`,
  ),
  ...total('rest', 'format'),
};

function total<K extends string>(which: K, names: string): Readonly<Record<string, K>> {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, which]));
}
