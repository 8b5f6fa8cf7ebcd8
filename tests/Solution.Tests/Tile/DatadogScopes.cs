namespace Partner.Solution.Tests.Tile;

internal static class DatadogScopes
{
    /// <summary>The scopes that an OAuth client of a partner can ask for: datadog-facts 2.10.</summary>
    public static IReadOnlySet<string> All { get; } =
        """
            api_keys_write apm_api_catalog_read apm_api_catalog_write apm_read apm_service_catalog_read
            apm_service_catalog_write appsec_vm_read billing_read bits_investigations_read bits_investigations_write
            cases_read cases_write ci_visibility_pipelines_write ci_visibility_read cloud_cost_management_read
            cloud_cost_management_write code_analysis_read code_coverage_read continuous_profiler_pgo_read coterm_read
            coterm_write create_webhooks dashboards_embed_share dashboards_invite_share dashboards_public_share
            dashboards_read dashboards_write data_scanner_read data_scanner_write embeddable_graphs_share
            error_tracking_read error_tracking_write events_read hosts_read incident_notification_settings_read
            incident_notification_settings_write incident_read incident_settings_read incident_settings_write
            incident_write llm_observability_read logs_read_archives logs_read_config logs_read_data
            logs_read_index_data logs_read_workspaces mcp_read metrics_read monitors_downtime monitors_read
            monitors_write org_connections_read org_connections_write org_management security_comments_read
            security_monitoring_critical_assets_read security_monitoring_critical_assets_write
            security_monitoring_filters_read security_monitoring_filters_write security_monitoring_findings_read
            security_monitoring_rules_read security_monitoring_rules_write security_monitoring_signals_read
            security_monitoring_suppressions_read security_monitoring_suppressions_write security_pipelines_read
            security_pipelines_write slos_corrections slos_read slos_write synthetics_global_variable_read
            synthetics_global_variable_write synthetics_private_location_read synthetics_private_location_write
            synthetics_read synthetics_write teams_manage teams_read test_optimization_read
            test_optimization_settings_write test_optimization_write timeseries_query usage_read user_access_invite
            user_access_manage user_access_read workflows_read workflows_run workflows_write
            """.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToHashSet();
}
