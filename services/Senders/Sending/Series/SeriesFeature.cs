namespace Partner.Sending.Series;

internal static class SeriesFeature
{
    /// <summary>The last points of cumulative metrics: where they are kept, and how a request follows on them.</summary>
    public static void AddSeries(this IServiceCollection services)
    {
        services.AddValidatedOptions<SeriesOptions>(SeriesOptions.SectionName);
        services.AddSingleton<SeriesQuota>();
        services.AddSingleton<SeriesStore>();
        services.AddSingleton<SeriesIntake>();
    }
}
