package io.kanerva.example.service;

import io.kanerva.runtime.CancelledException;
import io.kanerva.runtime.CapacityException;
import io.kanerva.runtime.ClosedException;
import io.kanerva.runtime.KanervaException;
import io.kanerva.runtime.TensorException;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;

/** What the runtime refuses, as RFC 9457 problems: its sentence, and the status that says whose fault it is. */
@RestControllerAdvice
class Problems extends ResponseEntityExceptionHandler {

    @ExceptionHandler
    ProblemDetail problem(KanervaException e) {
        HttpStatus status = HttpStatus.INTERNAL_SERVER_ERROR;
        if (e instanceof TensorException) {
            status = HttpStatus.BAD_REQUEST;
        } else if (e instanceof CapacityException) {
            status = HttpStatus.CONFLICT;
        } else if (e instanceof CancelledException || e instanceof ClosedException) {
            status = HttpStatus.SERVICE_UNAVAILABLE;
        }
        return ProblemDetail.forStatusAndDetail(status, e.getMessage());
    }

    /** Of a number of iterations, say. */
    @ExceptionHandler
    ProblemDetail problem(IllegalArgumentException e) {
        return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, e.getMessage());
    }
}
