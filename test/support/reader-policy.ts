/** What a read-only policy is about: which database's names it uses. */
interface ReaderPolicy {
  /** Functions that people made, and that only compute. */
  readonly functions: readonly string[];
  /** Patterns of relations that nobody reads. */
  readonly hidden: readonly string[];
  readonly masked: readonly string[];
}

/** A read-only policy with masks, as somebody would write it for analysts: the tests of cases decide under it. */
export const readerPolicy = ({ functions, hidden, masked }: ReaderPolicy): string => `
kind: Target
name: appdb
protocol: postgres
address: postgres://127.0.0.1:5432/appdb
---
kind: Policy
name: analysts
targets: [appdb]
rules:
  - name: analysts-read
    subjects: [group:analysts]
    allow:
      - read
      - read:public.*
      - plan*
${functions.map((name) => `      - func:${name}\n`).join('')}      - transaction:begin
      - transaction:start
      - transaction:commit
      - transaction:rollback
      - transaction:savepoint
      - transaction:release
      - transaction:rollback-to
      - transaction:characteristics
      - cursor:*
      - session:prepare
      - session:execute
      - session:deallocate
      - session:show[*
  - name: analysts-set-what-is-harmless
    subjects: [group:analysts]
    allow:
      - session:setting[application_name]
      - session:setting[statement_timeout]
      - session:setting[lock_timeout]
      - session:setting[idle_in_transaction_session_timeout]
      - session:setting[timezone]
      - session:setting[datestyle]
      - session:setting[intervalstyle]
      - session:setting[extra_float_digits]
      - session:setting[bytea_output]
      - session:setting[client_encoding]
      - session:setting[client_min_messages]
      - session:setting[standard_conforming_strings]
      - session:setting[default_transaction]
  - name: analysts-look-at-the-schema
    subjects: [group:analysts]
    allow:
      - read:information_schema.tables
      - read:information_schema.columns
      - read:information_schema.schemata
      - read:information_schema.views
      - read:information_schema.table_constraints
      - read:information_schema.key_column_usage
      - read:information_schema.referential_constraints
      - read:information_schema.constraint_column_usage
      - read:information_schema.routines
      - read:information_schema.parameters
      - read:information_schema.sequences
      - read:pg_catalog.pg_aggregate
      - read:pg_catalog.pg_foreign_data_wrapper
      - read:pg_catalog.pg_foreign_server
      - read:pg_catalog.pg_am
      - read:pg_catalog.pg_auth_members
      - read:pg_catalog.pg_cast
      - read:pg_catalog.pg_conversion
      - read:pg_catalog.pg_default_acl
      - read:pg_catalog.pg_depend
      - read:pg_catalog.pg_event_trigger
      - read:pg_catalog.pg_foreign_table
      - read:pg_catalog.pg_language
      - read:pg_catalog.pg_opfamily
      - read:pg_catalog.pg_partitioned_table
      - read:pg_catalog.pg_shdescription
      - read:pg_catalog.pg_stat_*_tables
      - read:pg_catalog.pg_stat_*_indexes
      - read:pg_catalog.pg_ts_*
      - read:pg_catalog.pg_attrdef
      - read:pg_catalog.pg_attribute
      - read:pg_catalog.pg_class
      - read:pg_catalog.pg_collation
      - read:pg_catalog.pg_constraint
      - read:pg_catalog.pg_database
      - read:pg_catalog.pg_description
      - read:pg_catalog.pg_enum
      - read:pg_catalog.pg_extension
      - read:pg_catalog.pg_index
      - read:pg_catalog.pg_indexes
      - read:pg_catalog.pg_inherits
      - read:pg_catalog.pg_namespace
      - read:pg_catalog.pg_opclass
      - read:pg_catalog.pg_operator
      - read:pg_catalog.pg_policy
      - read:pg_catalog.pg_proc
      - read:pg_catalog.pg_publication*
      - read:pg_catalog.pg_range
      - read:pg_catalog.pg_roles
      - read:pg_catalog.pg_rewrite
      - read:pg_catalog.pg_sequence*
      - read:pg_catalog.pg_statistic_ext
      - read:pg_catalog.pg_tables
      - read:pg_catalog.pg_tablespace
      - read:pg_catalog.pg_timezone_names
      - read:pg_catalog.pg_trigger
      - read:pg_catalog.pg_type
      - read:pg_catalog.pg_views
      - read:pg_catalog.pg_matviews
  - name: nobody-reads-these
    deny: [${hidden.map((name) => `'read:${name}'`).join(', ')}]
masks:
  - columns: [${masked.join(', ')}]
`;
