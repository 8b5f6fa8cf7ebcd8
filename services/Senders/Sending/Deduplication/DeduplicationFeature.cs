namespace Partner.Sending.Deduplication;

internal static class DeduplicationFeature
{
    /// <summary>A request that comes again byte for byte is stored once, where the sender says so.</summary>
    public static void AddDeduplication(this IServiceCollection services)
    {
        services.AddValidatedOptions<DeduplicationOptions>(DeduplicationOptions.SectionName);
        services.AddSingleton<DeduplicationMemory>();
        services.AddSingleton<DeduplicationStore>();
    }
}
