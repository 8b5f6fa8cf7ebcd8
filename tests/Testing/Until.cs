using System.Collections;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Partner.Testing;

/// <summary>
/// Waits for what something else brings about: for a condition and never for a time, so that a slow machine fails no
/// test. What has not come after five minutes does not come, and the failure says what was seen last.
/// </summary>
public static class Until
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <param name="condition">What is to come true.</param>
    /// <param name="meanwhile">Done after each look that was in vain, as moving a clock is.</param>
    /// <param name="text">The condition's own text.</param>
    /// <exception cref="TimeoutException">It has not come true.</exception>
    public static Task TrueAsync(
        Func<bool> condition,
        Action? meanwhile = null,
        [CallerArgumentExpression(nameof(condition))] string text = ""
    ) => AnsweredAsync(() => Task.FromResult(condition()), isSo => isSo, meanwhile, text);

    /// <inheritdoc cref="TrueAsync(Func{bool}, Action?, string)"/>
    public static Task TrueAsync(
        Func<Task<bool>> condition,
        Action? meanwhile = null,
        [CallerArgumentExpression(nameof(condition))] string text = ""
    ) => AnsweredAsync(condition, isSo => isSo, meanwhile, text);

    /// <summary>Asks until the answer is a right one.</summary>
    /// <returns>That answer.</returns>
    /// <inheritdoc cref="AnsweredAsync{T}(Func{Task{T}}, Func{T, bool}, Action?, string)"/>
    public static Task<T> AnsweredAsync<T>(
        Func<T> ask,
        Func<T, bool> isRight,
        Action? meanwhile = null,
        [CallerArgumentExpression(nameof(isRight))] string text = ""
    ) => AnsweredAsync(() => Task.FromResult(ask()), isRight, meanwhile, text);

    /// <summary>Asks until the answer is a right one.</summary>
    /// <returns>That answer.</returns>
    /// <param name="ask">What throws ends the wait.</param>
    /// <param name="isRight">Whether it is the one that is waited for.</param>
    /// <param name="meanwhile">Done after each answer that was not, as moving a clock is.</param>
    /// <param name="text">The text of <paramref name="isRight"/>.</param>
    /// <exception cref="TimeoutException">No answer was right; it shows the last one.</exception>
    public static async Task<T> AnsweredAsync<T>(
        Func<Task<T>> ask,
        Func<T, bool> isRight,
        Action? meanwhile = null,
        [CallerArgumentExpression(nameof(isRight))] string text = ""
    )
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var asked = Stopwatch.GetTimestamp();
            var answer = await ask();
            if (isRight(answer))
            {
                return answer;
            }

            if (Stopwatch.GetElapsedTime(started) > Limit)
            {
                throw new TimeoutException($"Waited in vain for: {text}\nThe last answer was {Shown(answer)}.");
            }

            meanwhile?.Invoke();
            // Looking takes half of the time at most, or it would keep busy what it waits for.
            await Task.Delay(Pause + Stopwatch.GetElapsedTime(asked), Xunit.TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Until a task has ended, that another part of the test ends.</summary>
    /// <param name="task">Its exception is thrown here.</param>
    /// <param name="text">The task's own text.</param>
    /// <exception cref="TimeoutException">It has not ended.</exception>
    public static async Task DoneAsync(Task task, [CallerArgumentExpression(nameof(task))] string text = "")
    {
        await TrueAsync(() => task.IsCompleted, text: text);
        await task;
    }

    /// <inheritdoc cref="DoneAsync(Task, string)"/>
    public static async Task<T> DoneAsync<T>(Task<T> task, [CallerArgumentExpression(nameof(task))] string text = "")
    {
        await TrueAsync(() => task.IsCompleted, text: text);
        return await task;
    }

    private static string Shown(object? answer) =>
        answer switch
        {
            null => "null",
            string text => $"\"{text}\"",
            IEnumerable items => $"[{string.Join(", ", items.Cast<object?>())}]",
            _ => $"{answer}",
        };
}
