using Microsoft.Extensions.DependencyInjection;

namespace Partner.Sending.Letters;

internal static class LettersBuilder
{
    /// <summary>After <see cref="SendingService"/>, so that it stops before it: what is replayed still goes out.</summary>
    public static void AddLetters(this IServiceCollection services)
    {
        services
            .AddOptions<LettersOptions>()
            .BindConfiguration(LettersOptions.SectionName)
            .ValidateDataAnnotations()
            .Validate(
                options => options.MaxConnectionBytes <= options.MaxBytes,
                $"{LettersOptions.SectionName}:{nameof(LettersOptions.MaxConnectionBytes)} is more than {nameof(LettersOptions.MaxBytes)}."
            )
            .ValidateOnStart();
        services.AddSingleton<LetterStore>();
        services.AddSingleton<LettersMetrics>();
        services.AddSingleton<ReplayStore>();
        services.AddSingleton<ReplayMove>();
        services.AddSingleton<Replayer>();
        services.AddHostedService(provider => provider.GetRequiredService<Replayer>());
        services.AddSingleton<TrimStore>();
        services.AddSingleton<LetterTrimmer>();
        services.AddSingleton<LettersKeeper>();
        services.AddHostedService(provider => provider.GetRequiredService<LettersKeeper>());
    }
}
