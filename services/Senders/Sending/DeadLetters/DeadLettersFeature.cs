namespace Partner.Sending.DeadLetters;

internal static class DeadLettersFeature
{
    /// <summary>
    /// After <see cref="SendingService"/>, so that it stops before it: replayed letters still go out.
    /// </summary>
    public static void AddDeadLetters(this IServiceCollection services)
    {
        services
            .AddValidatedOptions<DeadLetterOptions>(DeadLetterOptions.SectionName)
            .Validate(
                options => options.MaxConnectionBytes <= options.MaxBytes,
                $"{DeadLetterOptions.SectionName}:{nameof(DeadLetterOptions.MaxConnectionBytes)} is more than {nameof(DeadLetterOptions.MaxBytes)}."
            );
        services.AddSingleton<DeadLetterStore>();
        services.AddSingleton<DeadLetterMetrics>();
        services.AddSingleton<ReplayStore>();
        services.AddSingleton<ReplayMove>();
        services.AddSingleton<Replayer>();
        services.AddHostedService(provider => provider.GetRequiredService<Replayer>());
        services.AddSingleton<TrimStore>();
        services.AddSingleton<DeadLetterTrimmer>();
        services.AddSingleton<DeadLetterJanitor>();
        services.AddHostedService(provider => provider.GetRequiredService<DeadLetterJanitor>());
    }
}
